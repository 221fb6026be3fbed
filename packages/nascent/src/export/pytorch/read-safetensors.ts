/** The Python that reads a model file with nothing but torch. */
export const READ_SAFETENSORS = `def read_safetensors(path):
    """State dict from a safetensors file of float32 tensors; needs no package but torch."""
    content = Path(path).read_bytes()
    length = struct.unpack("<Q", content[:8])[0] if len(content) > 8 else 0
    begin = 8 + length
    header = json.loads(content[8:begin]) if 0 < length and begin <= len(content) else {}
    header.pop("__metadata__", None)
    size = max((entry["data_offsets"][1] for entry in header.values()), default=0)
    if size == 0 or begin + size != len(content):
        raise ValueError(f"{path} is not a whole safetensors file: export it again, or copy it again")
    values = torch.frombuffer(bytearray(content[begin:]), dtype=torch.float32)
    return {
        name: values[entry["data_offsets"][0] // 4 : entry["data_offsets"][1] // 4].reshape(entry["shape"]).clone()
        for name, entry in header.items()
    }`;
