"""The sealed recording: docs/ev1.md. For boards with PSRAM; nothing else needs it to work."""
