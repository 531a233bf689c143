"""The direct line between leaders: text, translations, call words, tests, a glossary."""
