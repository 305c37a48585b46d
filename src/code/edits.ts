/** Replaces the text from `start` to `end`. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** Makes the edits, which may not overlap; every line keeps its number. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const parts: string[] = []
  let at = 0
  for (const edit of [...edits].sort((a, b) => a.start - b.start)) {
    parts.push(text.slice(at, edit.start), edit.text, missingBreaks(text.slice(edit.start, edit.end), edit.text))
    at = edit.end
  }
  return [...parts, text.slice(at)].join('')
}

function missingBreaks(was: string, is: string): string {
  return '\n'.repeat(Math.max(0, countBreaks(was) - countBreaks(is)))
}

const countBreaks = (text: string) => text.split('\n').length - 1
