"""How vectors are computed: PyTorch, ONNX Runtime, static embeddings."""
