"""Make an empty figure, and turn a drawn one into a PNG file."""

import io

from matplotlib.figure import Figure

_WIDTH_INCHES = 6.4
_HEIGHT_INCHES = 4.8


def new_figure(height_inches: float = _HEIGHT_INCHES) -> Figure:
    """Return an empty figure."""
    return Figure(figsize=(_WIDTH_INCHES, height_inches), layout="constrained")


def png_of(figure: Figure) -> bytes:
    """Return a figure as PNG."""
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=110)
    return content.getvalue()
