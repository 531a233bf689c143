"""What the hotline reads and writes: call words, neutral texts, glossaries as XML."""
