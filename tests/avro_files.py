"""Writes Avro files, so that tests don't depend on the library that reads them."""

import json
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

SYNC = bytes(range(200, 216))


def avro_file(columns: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], in_a_block: int = 2, codec: str = "null") -> bytes:
    """Return an object container file.

    Args:
        columns: The Avro type of each column. A union lists `null` first.
        rows: The values, as Avro stores them: a timestamp is a number, a decimal is bytes.
        in_a_block: How many rows a block has.
        codec: `null` or `deflate`.
    """
    schema = {"type": "record", "name": "row", "fields": [{"name": name, "type": kind} for name, kind in columns.items()]}
    return header(schema, codec) + b"".join(
        block([encoded(schema, row) for row in rows[start : start + in_a_block]], codec)
        for start in range(0, len(rows), in_a_block)
    )


def header(schema: Any, codec: str = "null") -> bytes:
    notes = {"avro.schema": json.dumps(schema), "avro.codec": codec}
    pairs = b"".join(text(name) + text(value) for name, value in notes.items())
    return b"Obj\x01" + whole(len(notes)) + pairs + whole(0) + SYNC


def block(rows: Sequence[bytes], codec: str) -> bytes:
    content = b"".join(rows)
    if codec == "deflate":
        packer = zlib.compressobj(wbits=-15)
        content = packer.compress(content) + packer.flush()
    return whole(len(rows)) + whole(len(content)) + content + SYNC


def encoded(kind: Any, value: Any) -> bytes:
    if isinstance(kind, list):
        place = _branch(kind, value)
        return whole(place) + (b"" if kind[place] == "null" else encoded(kind[place], value))
    if isinstance(kind, str):
        return _PLAIN[kind](value)
    if kind["type"] == "record":
        return b"".join(encoded(field["type"], value[field["name"]]) for field in kind["fields"])
    if kind["type"] == "enum":
        return whole(kind["symbols"].index(value))
    return bytes(value) if kind["type"] == "fixed" else encoded(kind["type"], value)


def _branch(union: list[Any], value: Any) -> int:
    """The place of the type in a union that a value is written as."""
    if value is None or "null" not in union:
        return next(place for place, kind in enumerate(union) if kind == "null" or (value is not None and _fits(kind, value)))
    return next(place for place, kind in enumerate(union) if kind != "null")


def _fits(kind: Any, value: Any) -> bool:
    return kind != "int" or abs(value) < 2**31


def text(value: str) -> bytes:
    content = value.encode("utf-8")
    return whole(len(content)) + content


def whole(value: int) -> bytes:
    """Return a whole number in zigzag form, seven bits a byte."""
    rest, found = (value << 1) ^ (value >> 63), bytearray()
    while rest > 0x7F:
        found.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes([*found, rest])


_PLAIN: Mapping[str, Callable[[Any], bytes]] = {
    "int": whole,
    "long": whole,
    "string": text,
    "bytes": lambda value: whole(len(value)) + bytes(value),
    "boolean": lambda value: bytes([value]),
    "float": lambda value: struct.pack("<f", value),
    "double": lambda value: struct.pack("<d", value),
}
