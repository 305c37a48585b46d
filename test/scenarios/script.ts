/** A scenario is a text: what is done (`> …`), each with everything that a core did and said because of it. */

/** Who carries a scenario's sentences out. */
export interface Stage {
  /** Does what the sentence says, and gives what followed, line by line. */
  act(sentence: string): string[]
}

/** One thing that can be said in a scenario. */
export interface Verb<S> {
  /** As the page about scenarios has it; capitals stand for what differs. */
  readonly form: string
  /** Its groups are what `does` is given. */
  readonly says: RegExp
  does?(stage: S, ...words: string[]): void
  /** Changes nothing: its answer is all there is to show. */
  tells?(stage: S, ...words: string[]): string[]
}

/** The same text with the answers as they are now. Lines with `-` are the setting: done, their answers not shown. */
export function replay(text: string, stage: Stage): string {
  const lines: string[] = []
  for (const line of text.trimEnd().split('\n')) {
    if (line.startsWith('#') || line.startsWith('-')) lines.push(line)
    if (line === '' && lines.at(-1) !== '') lines.push(line)
    if (line.startsWith('- ')) stage.act(line.slice(2).trim())
    if (line.startsWith('> ')) lines.push(line, ...indent(answer(stage, line.slice(2).trim())))
  }
  return `${lines.join('\n').trimEnd()}\n`
}

/**
 * Gives the answer to a question; undefined after a deed.
 *
 * @throws Error for a sentence that no verb knows.
 */
export function carryOut<S>(stage: S, verbs: readonly Verb<S>[], sentence: string): string[] | undefined {
  for (const verb of verbs) {
    const found = verb.says.exec(sentence)
    if (found === null) continue
    const words = found.slice(1).map((word) => word ?? '')
    verb.does?.(stage, ...words)
    return verb.tells?.(stage, ...words)
  }
  throw new Error(`no scenario can say '${sentence}'. What it can say: ${verbs.map((v) => v.form).join('; ')}`)
}

function answer(stage: Stage, sentence: string): string[] {
  const said = stage.act(sentence)
  return said.length > 0 ? said : ['nothing']
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`)
}
