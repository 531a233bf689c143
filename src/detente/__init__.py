"""Détente: sealed records between parties that do not trust each other, with receipts as proof."""

__version__ = "0.1.0"
