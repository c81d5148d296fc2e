"""How a command shows its result on the terminal."""
