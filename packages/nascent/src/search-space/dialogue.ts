import { assertNever } from '../assert-never.ts';
import type { Answer, Decisions, Question } from './decision.ts';
import { InvalidAnswerError, InvalidQuestionError, UnfinishedDialogueError } from './errors.ts';
import type { Sample, SpaceArguments, SpaceIdentity } from './sample.ts';

/**
 * A space's program, run one question at a time.
 *
 * Step by step rather than by callback, so that a strategy can lead many samples at once: the controller
 * computes one step for all of them, even when they ask different things.
 */
export interface Dialogue<Architecture> {
  /** The open question; null once the program has returned. */
  readonly question: Question | null;
  /** The answers so far. */
  readonly answers: readonly Answer[];
  /**
   * Answers the open question and runs the program up to its next one.
   * @throws InvalidAnswerError when the answer does not fit; the question then stays open
   * @throws InvalidQuestionError when the program then asks something undeclared
   */
  answer(answer: Answer): void;
  /** What the program returned. @throws UnfinishedDialogueError while a question is open */
  architecture(): Architecture;
  /** The answers as a sample. @throws UnfinishedDialogueError while a question is open */
  sample(): Sample;
}

interface Opening<Architecture> {
  readonly identity: SpaceIdentity;
  readonly decisions: Decisions;
  readonly arguments: SpaceArguments;
  readonly program: Generator<Question, Architecture, Answer>;
}

export function openDialogue<Architecture>(opening: Opening<Architecture>): Dialogue<Architecture> {
  const { identity, decisions, program } = opening;
  const space = `${identity.name}@${identity.version}`;
  const anchorsAsked = new Map<string, number>();
  const answers: Answer[] = [];
  let step = take(program.next());

  function take(result: IteratorResult<Question, Architecture>): IteratorResult<Question, Architecture> {
    if (result.done === true) return result;
    const question = result.value;
    checkQuestion(question, decisions, anchorsAsked.get(question.decision) ?? 0, space);
    if (question.kind === 'anchor') anchorsAsked.set(question.decision, question.earlier + 1);
    return result;
  }

  function refuseUnfinished(wanted: string): never {
    const open = step.done === true ? '' : step.value.decision;
    throw new UnfinishedDialogueError(
      `The ${wanted} of a sample of space ${space} was wanted after ${answers.length} answers, ` +
        `while ${open} is still asked. Answer until \`question\` is null.`,
    );
  }

  return {
    get question() {
      return step.done === true ? null : step.value;
    },
    get answers() {
      return answers;
    },
    answer(answer) {
      if (step.done === true) {
        throw new InvalidAnswerError(
          `A sample of space ${space} is complete after ${answers.length} answers, but one more came ` +
            `(${answer.decision}). Stop when \`question\` is null.`,
        );
      }
      const problem = problemOf(answer, step.value, decisions);
      if (problem !== null)
        throw new InvalidAnswerError(`answer ${answers.length + 1}, ${step.value.decision}: ${problem}`);
      const recorded = frozen(answer);
      answers.push(recorded);
      // The first `next` carries no answer, each later one carries the answer to the question before it.
      step = take(program.next(recorded));
    },
    architecture() {
      return step.done === true ? step.value : refuseUnfinished('architecture');
    },
    sample() {
      if (step.done !== true) refuseUnfinished('sample');
      return { space: identity, arguments: { ...opening.arguments }, answers: [...answers] };
    },
  };
}

/**
 * What is wrong with an answer, as a sentence to follow its place; null where it fits.
 * Answers may come from outside (a store, a token string), so their shape is checked too.
 */
export function problemOf(answer: Answer, question: Question, decisions: Decisions): string | null {
  const { decision } = question;
  if (answer.decision !== decision || answer.kind !== question.kind) {
    return `the program asks the ${question.kind} ${decision}, but the answer is to the ${answer.kind} ${answer.decision}.`;
  }
  switch (question.kind) {
    case 'choice': {
      const { index } = answer as Extract<Answer, { kind: 'choice' }>;
      if (question.allowed.includes(index)) return null;
      const declared = decisions[decision];
      const options = declared?.kind === 'choice' ? declared.options : [];
      const found = options[index] === undefined ? `option ${String(index)}` : show(options[index]);
      return `${found} is not one of ${question.allowed.map((i) => show(options[i])).join(', ')}.`;
    }
    case 'anchor': {
      const { chosen } = answer as Extract<Answer, { kind: 'anchor' }>;
      if (Array.isArray(chosen) && areEarlier(chosen, question.earlier)) return null;
      const among =
        question.earlier === 0
          ? 'there are none before the first'
          : `there are ${question.earlier}, counted from 0`;
      return `${show(chosen)} is not an ascending list of earlier anchor points (${among}).`;
    }
    default:
      return assertNever(question);
  }
}

function areEarlier(chosen: readonly number[], earlier: number): boolean {
  return chosen.every(
    (index, i) =>
      Number.isInteger(index) && index >= 0 && index < earlier && (i === 0 || index > (chosen[i - 1] ?? -1)),
  );
}

/** Programs may yield questions without `ask`; whatever they ask must be declared. */
function checkQuestion(question: Question, decisions: Decisions, anchorsBefore: number, space: string): void {
  const { decision, kind } = question;
  const declared = Object.hasOwn(decisions, decision) ? decisions[decision] : undefined;
  if (declared?.kind !== kind) {
    const what = declared === undefined ? 'is not declared' : `is declared as ${declared.kind}`;
    throw new InvalidQuestionError(
      `The program of space ${space} asked the ${kind} ${decision}, which ${what}. ` +
        `Declared are ${Object.keys(decisions).join(', ')}.`,
    );
  }
  if (question.kind === 'anchor') {
    if (question.earlier === anchorsBefore) return;
    throw new InvalidQuestionError(
      `The program of space ${space} asked ${decision}(${question.earlier}) after ${anchorsBefore} anchor points ` +
        `of that name. Ask ${decision}(${anchorsBefore}): anchor points are asked in order, none left out.`,
    );
  }
  const count = declared.kind === 'choice' ? declared.options.length : 0;
  const ascending = question.allowed.every(
    (index, i) => Number.isInteger(index) && index < count && index > (question.allowed[i - 1] ?? -1),
  );
  if (question.allowed.length === 0 || !ascending) {
    throw new InvalidQuestionError(
      `The program of space ${space} asked ${decision} with the allowed options ${show(question.allowed)}. ` +
        `Give ascending indices below ${count}, at least one.`,
    );
  }
}

function frozen(answer: Answer): Answer {
  return answer.kind === 'choice'
    ? Object.freeze({ kind: 'choice', decision: answer.decision, index: answer.index })
    : Object.freeze({
        kind: 'anchor',
        decision: answer.decision,
        chosen: Object.freeze([...answer.chosen]),
      });
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
