"""Imports that happen by themselves."""
