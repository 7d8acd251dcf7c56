"""Instruments that show what a network learned."""
