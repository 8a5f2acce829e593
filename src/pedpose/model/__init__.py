"""The network, its codecs and its files."""
