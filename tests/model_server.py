"""A real model behind a server that nobody here wrote: llama.cpp's own, as the package xllamacpp brings it. It speaks OpenAI's two APIs
and Anthropic's. Started with the file of the weights; prints its address, and ends with whoever started it.

    PYTHONPATH=… python3 tests/model_server.py smollm2.gguf
"""
import os
import sys

import xllamacpp

# What the library prints goes where it is not taken for the address.
told = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

params = xllamacpp.CommonParams()
params.model.path = sys.argv[1]
params.hostnames = ["127.0.0.1"]
params.port = 0
params.n_ctx = 1024
params.n_parallel = 1
server = xllamacpp.Server(params)
print(server.listening_address, file=told, flush=True)
sys.stdin.read()
