"""What parties send, and what it means: wire structs, their values, statements. Pure."""
