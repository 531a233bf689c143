"""At home: whose systems what arrives is about, and what they were told (docs/cert/constituents.md)."""
