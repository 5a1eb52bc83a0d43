"""The door for assistants: the Model Context Protocol, over HTTP and over standard input and output.

Every tool is a call of the API with the caller's own key, made inside the process: permissions, field rules, the writer,
history, limits and messages are those of the API, and there is no second way in to keep shut.
"""
