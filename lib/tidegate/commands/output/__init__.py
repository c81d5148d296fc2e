"""What commands print on the terminal: tables, lists and suggested commands."""
