import { NascentError } from '../errors.ts';

/** A space was declared in a way that cannot work: no options, two equal options, an empty name … */
export class SpaceDefinitionError extends NascentError {
  constructor(message: string) {
    super('SPACE_DEFINITION_INVALID', message);
  }
}

/** A built-in space was made with options that it does not have or cannot use. */
export class SpaceOptionsError extends NascentError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('SPACE_OPTIONS_INVALID', message, options);
  }
}

/** No built-in space has this name. */
export class UnknownSpaceError extends NascentError {
  constructor(message: string) {
    super('SPACE_UNKNOWN', message);
  }
}

/** A program's argument is missing, unknown or out of range. */
export class InvalidArgumentError extends NascentError {
  constructor(message: string) {
    super('SPACE_ARGUMENT_INVALID', message);
  }
}

/** A program asked something that its space does not declare. A mistake in the program, not in the answers. */
export class InvalidQuestionError extends NascentError {
  constructor(message: string) {
    super('SPACE_QUESTION_INVALID', message);
  }
}

/** An answer does not fit the question that is open. */
export class InvalidAnswerError extends NascentError {
  constructor(message: string) {
    super('SPACE_ANSWER_INVALID', message);
  }
}

/** The architecture or the sample was wanted while a question is still open. */
export class UnfinishedDialogueError extends NascentError {
  constructor(message: string) {
    super('SPACE_DIALOGUE_UNFINISHED', message);
  }
}

/** A sample was given to another space, or another version or other options of its space. */
export class ForeignSampleError extends NascentError {
  constructor(message: string) {
    super('SAMPLE_OF_ANOTHER_SPACE', message);
  }
}

/** A sample's answers are not answers to what its space's program asks: wrong, too few, too many. */
export class InvalidSampleError extends NascentError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('SAMPLE_INVALID', message, options);
  }
}

/** The same answers brought different questions or another architecture. */
export class ImpureProgramError extends NascentError {
  constructor(message: string) {
    super('SPACE_PROGRAM_IMPURE', message);
  }
}

/** A token string is malformed, cut off, or holds an answer that its space does not know. */
export class InvalidTokenError extends NascentError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('TOKENS_INVALID', message, options);
  }
}

/** Data that should be an architecture is not one. */
export class InvalidArchitectureError extends NascentError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('ARCHITECTURE_INVALID', message, options);
  }
}
