"""What is printed at hand-over: the page for her contacts, and the record that is signed."""
