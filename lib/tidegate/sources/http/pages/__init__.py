"""Read lists from JSON APIs that answer page by page, and land each page as a file. Start reading at `land_pages.py`."""
