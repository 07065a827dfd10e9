"""What goes on inside a net, as plain arrays for pictures. No proof depends on it."""
