"""Efficient AI: reference compression and profiling utilities of the course."""
