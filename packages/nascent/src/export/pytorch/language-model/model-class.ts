/** The Python of a language model around the class `Layer`; constants WORDS, UNITS and LAYERS stand before it. */
export function languageModelClass({ tied }: { readonly tied: boolean }): string {
  return `class LanguageModel(nn.Module):
    """Words, int64 [steps, batch] -> logits of the word after each, [steps, batch, WORDS], and each layer's state."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(WORDS, UNITS)
        self.layers = nn.ModuleDict({f"{number + 1}": Layer(UNITS, UNITS) for number in range(LAYERS)})
        ${tied ? TIED : 'self.softmax = nn.Linear(UNITS, WORDS)'}

    def read(self, words, states=None):
        """What the softmax reads after each word, [steps, batch, UNITS], and each layer's state after the last."""
        values, after = self.embedding(words), []
        for layer, state in zip(self.layers.values(), states or [None] * LAYERS):
            values, state = layer(values, state)
            after.append(state)
        return values, after

    def logits(self, outputs):
        return ${tied ? 'F.linear(outputs, self.embedding.weight, self.softmax["bias"])' : 'self.softmax(outputs)'}

    def forward(self, words, states=None):
        outputs, states = self.read(words, states)
        return self.logits(outputs), states`;
}

const TIED = `# Its weights are the embedding's (Press & Wolf 2017).
        self.softmax = nn.ParameterDict({"bias": nn.Parameter(torch.zeros(WORDS))})`;
