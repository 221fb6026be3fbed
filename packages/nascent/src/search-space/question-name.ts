/**
 * Names the questions of one program run, in the order in which they are asked.
 *
 * A question's name is its decision and how many questions of that decision came before it: `0.height`,
 * `1.height`. Samples of one space are compared by it, because in a conditional space the position among all
 * answers says little. The name cannot clash: what comes before the first point is the number.
 *
 * @returns a function to call once with the decision of each question
 */
export function questionNames(): (decision: string) => string {
  const asked = new Map<string, number>();
  return (decision) => {
    const before = asked.get(decision) ?? 0;
    asked.set(decision, before + 1);
    return `${before}.${decision}`;
  };
}
