"""Where private keys live. They come out only as signers and openers, never as bytes."""
