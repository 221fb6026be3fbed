import type { LanguageModelFacts } from '../../../child/language-model/index.ts';
import { endOfLine } from '../../../dataset/index.ts';
import { type LanguageModelShape, languageModelParameters } from '../../../search-space/index.ts';
import { nascentVersion } from '../../../version.ts';
import { importsFor, plain } from '../python-text.ts';
import { READ_SAFETENSORS } from '../read-safetensors.ts';
import { cellClasses } from './cell-class.ts';
import { RUN } from './cell-source.ts';
import { languageModelClass } from './model-class.ts';
import { PERPLEXITY, SAMPLE, textFunctions } from './text.ts';

/**
 * A language model as one Python file for PyTorch 1.13 and later, without its weights: `load()` in it reads them from
 * `model.safetensors` beside it, and `Vocabulary()` its words from `vocabulary.json`. Its state dict has the names of
 * ours.
 * @param title what the cell is called, one line
 */
export function languageModelSource(facts: LanguageModelFacts, title: string): string {
  const { architecture, shape, vocabulary, dataset } = facts;
  const body = [
    ...cellClasses(architecture),
    languageModelClass(shape),
    READ_SAFETENSORS,
    LOAD,
    ...textFunctions(vocabulary.level, dataset),
    PERPLEXITY,
    SAMPLE,
    mainProgram(facts),
    RUN,
  ].join('\n\n\n');
  const head = [modelDocstring(facts, title), importsFor(body), constants(shape)];
  return `${head.join('\n\n')}\n\n\n${body}\n`;
}

function modelDocstring(
  { architecture, shape, vocabulary, dataset, datasetChecksum }: LanguageModelFacts,
  title: string,
) {
  const parameters = languageModelParameters(architecture, shape).toLocaleString('en');
  const { level } = vocabulary;
  const layers = `${shape.layers} recurrent layer${shape.layers === 1 ? '' : 's'} of ${shape.hidden} units`;
  return `"""${plain(title)}: a language model of ${parameters} parameters, ${layers}.

Written by Nascent ${nascentVersion()} (\`nascent export\`). Trained on ${plain(dataset)}, a text with the SHA-256
${datasetChecksum}.
The weights are in model.safetensors beside this file, the ${level}s that it knows in vocabulary.json.

    from model import Vocabulary, load

    model, vocabulary = load(), Vocabulary()           # in evaluation mode
    words = vocabulary.encode(text).unsqueeze(1)       # int64 [steps, batch]
    logits, states = model(words)                      # [steps, batch, ${shape.vocabulary}], of the ${level} after each
    logits, states = model(more_words, states)         # reads on

\`python3 model.py\` writes a text; \`python3 model.py FILE\` tells the perplexity of one.
"""`;
}

function constants({ vocabulary, hidden, layers }: LanguageModelShape): string {
  return `WORDS, UNITS, LAYERS = ${vocabulary}, ${hidden}, ${layers}`;
}

const LOAD = `def load(path=Path(__file__).with_name("model.safetensors")):
    """The trained model, in evaluation mode."""
    model = LanguageModel()
    model.load_state_dict(read_safetensors(path))
    return model.eval()`;

/** A retraining's test reads words so, and characters in parts. */
const WHOLE = `    parser.add_argument(
        "--whole", action="store_true", help="read it as one part, as the test of \`nascent retrain\` does: slow"
    )
`;

function mainProgram({ vocabulary: { level, words, unknown } }: LanguageModelFacts): string {
  const lineEnd = level === 'word' ? endOfLine : '\n';
  const [first = ''] = words.filter((word) => word !== unknown);
  const start = JSON.stringify(words.includes(lineEnd) ? lineEnd : first);
  const bits = level === 'character' ? '\n        print(f"{math.log2(value):.4f} bits per character")' : '';
  return `def main():
    parser = argparse.ArgumentParser(description="Writes a text, or tells the perplexity of one.")
    parser.add_argument("file", nargs="?", help="a text in UTF-8")
${level === 'word' ? WHOLE : ''}    parser.add_argument("--prompt", help="what the written text begins with")
    parser.add_argument("--length", type=int, default=${level === 'word' ? 100 : 400}, help="${level}s to write")
    parser.add_argument("--temperature", type=float, default=1.0, help="below 1 likely ${level}s become likelier")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    model, vocabulary = load(), Vocabulary()
    if options.file is not None:
        indices = vocabulary.encode(Path(options.file).read_bytes().decode("utf-8-sig"))
        value = perplexity(model, indices${level === 'word' ? ', **({"part": None} if options.whole else {})' : ''})
        print(f"perplexity {value:.4f} of {len(indices) - 1:,} ${level}s, each after those before it")${bits}
        return
    torch.manual_seed(options.seed)
    prompt = vocabulary.encode(options.prompt)${level === 'word' ? '[:-1]' : ''}.tolist() if options.prompt else []${level === 'word' ? "  # without a line's end" : ''}
    never = [] if vocabulary.unknown is None else [vocabulary.indices[vocabulary.unknown]]
    start = prompt or [vocabulary.indices[${start}]]
    written = sample(model, start, options.length, options.temperature, never)
    print(vocabulary.decode(prompt + written))`;
}
