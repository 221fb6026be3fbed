import { IN_PARTS } from '../../../child/language-model/index.ts';
import { endOfLine, pennTreebank, type TokenLevel } from '../../../dataset/index.ts';

/** The Python that makes tokens of a text and a text of tokens, as the model's own text was read. */
export function textFunctions(level: TokenLevel, dataset: string): readonly string[] {
  return [...(level === 'word' ? [WORD_TOKENS, WORD_TEXT] : characterFunctions(dataset)), VOCABULARY];
}

/** White space is ECMAScript's: Python's has a few characters more. */
const WORD_TOKENS = `def tokens_of(text):
    """The words between white space, and ${endOfLine} at the end of each line that has any."""
    word = re.compile("[^\\t-\\r \\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff]+")
    lines = [word.findall(line) for line in text.split("\\n")]
    return [token for words in lines if words for token in [*words, "${endOfLine}"]]`;

const WORD_TEXT = `def text_of(tokens):
    """Words with a space between them, and a line break for ${endOfLine}."""
    lines = [[]]
    for token in tokens:
        if token == "${endOfLine}":
            lines.append([])
        else:
            lines[-1].append(token)
    return "\\n".join(" ".join(words) for words in lines)`;

function characterFunctions(dataset: string): readonly string[] {
  const ofPennTreebank = dataset === pennTreebank.name;
  return [
    ofPennTreebank
      ? `def tokens_of(text):
    """The characters of each line without the spaces around it, and its line break."""
    return list(re.sub("^ +| +$", "", text, flags=re.MULTILINE))`
      : `def tokens_of(text):
    """Its characters, line breaks too."""
    return list(text)`,
    `def text_of(tokens):
    return "".join(tokens)`,
  ];
}

const VOCABULARY = `class Vocabulary:
    """The tokens that the model knows; the index of one is its place."""

    def __init__(self, path=Path(__file__).with_name("vocabulary.json")):
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        self.tokens, self.unknown = content["words"], content["unknown"]
        self.indices = {token: index for index, token in enumerate(self.tokens)}

    def encode(self, text):
        """int64 [tokens]; those that it does not know get the index of the unknown one, where there is one."""
        fallback = self.indices.get(self.unknown)
        tokens = tokens_of(text)
        indices = [self.indices.get(token, fallback) for token in tokens]
        if None in indices:
            raise ValueError(f"the model does not know {tokens[indices.index(None)]!r}, which the text has")
        return torch.tensor(indices, dtype=torch.int64)

    def decode(self, indices):
        return text_of([self.tokens[index] for index in indices])`;

/** exp of the mean loss, as Nascent works it out. */
export const PERPLEXITY = `@torch.no_grad()
def perplexity(model, indices, part=${IN_PARTS.part}, context=${IN_PARTS.context}, rows=32, steps=32):
    """exp of the mean -log probability of every token but the first, given those before it.

    As Nascent's search works it out: parts of ${(IN_PARTS.part ?? 0).toLocaleString('en')} tokens, each read after the ${IN_PARTS.context} before it. How many \`rows\` of
    parts and how many \`steps\` are read at once changes nothing, but \`steps\` divides both numbers.
    """
    last = len(indices) - 1
    if last < 1:
        raise ValueError(f"a text of {len(indices)} tokens has no perplexity; give at least 2")
    total = 0.0
    part = part or last  # None: the whole text is one
    parts = torch.arange(0, last, part)
    for starts in [parts[:1], *(parts[at : at + rows] for at in range(1, len(parts), rows))]:
        first, states = starts[0].item(), None
        for step in range(-context if first > 0 else 0, min(part, last - first), steps):
            places = starts + torch.arange(step, step + steps + 1).unsqueeze(1)
            tokens = indices[places.clamp(max=last)]
            outputs, states = model.read(tokens[:-1], states)
            if step >= 0:
                losses = F.cross_entropy(model.logits(outputs).flatten(0, 1), tokens[1:].flatten(), reduction="none")
                total += losses[places[1:].flatten() <= last].double().sum().item()
    return math.exp(total / last)`;

/** A text that the model writes. */
export const SAMPLE = `@torch.no_grad()
def sample(model, prompt, length, temperature=1.0, never=()):
    """Indices that the model writes after those of the prompt, each drawn from its softmax."""
    written, states, words = [], None, torch.as_tensor(prompt)
    for _ in range(length):
        logits, states = model(words.reshape(-1, 1), states)
        logits = logits[-1, 0]
        logits[list(never)] = -math.inf
        words = torch.multinomial(torch.softmax(logits / temperature, dim=-1), 1)
        written.append(words.item())
    return written`;
