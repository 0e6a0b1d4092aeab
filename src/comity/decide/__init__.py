"""From a program and a case to a decision. Nothing here reads a file, a clock, the network or the environment."""
