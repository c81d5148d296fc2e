"""Electricity demand: consumption and prices in Denmark."""
