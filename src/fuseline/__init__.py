"""Fuseline: several models answer, one compares, one writes."""
