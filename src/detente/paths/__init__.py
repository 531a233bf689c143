"""The wire: sockets between parties and on this machine. Nothing here knows a frame."""
