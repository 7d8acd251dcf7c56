"""The callback, the train step that obeys it, and who is early."""
