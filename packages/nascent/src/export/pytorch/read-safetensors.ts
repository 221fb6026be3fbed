/** The Python that reads a model file with nothing but torch. */
export const READ_SAFETENSORS = `def read_safetensors(path):
    """State dict from a safetensors file of float32 tensors; needs no package but torch."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        content = bytearray(file.read())
    header.pop("__metadata__", None)
    state = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = torch.frombuffer(content, dtype=torch.float32, count=(end - begin) // 4, offset=begin)
        state[name] = values.reshape(entry["shape"]).clone()
    return state`;
