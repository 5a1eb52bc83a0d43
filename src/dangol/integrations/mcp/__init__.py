"""Model Context Protocol: what assistants may do here, as tools.

Written on the protocol itself (https://modelcontextprotocol.io, JSON-RPC 2.0, stateless, tools alone): the SDK would cost
every web process some 60 MB and several seconds of start. The tests talk to it with the SDK's own client.
"""
