/** The code blocks of a Markdown page. */
export interface Block {
  readonly language: string
  /** From a first line `// name.ts`, or made up. */
  readonly file: string
  readonly code: string
  /** Text behind `console.log(…) // `, in order: what a run has to print. */
  readonly prints: readonly string[]
}

/** Every fenced block, in order. */
export function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = '', code = ''], i) => ({
    language,
    code,
    file: /^\/\/ ([\w-]+\.\w+)/.exec(code)?.[1] ?? `block-${i}.${language === 'js' ? 'mjs' : language}`,
    prints: [...code.matchAll(/console\.log\(.*\) \/\/ (.+)$/gm)].map(([, text = '']) => text),
  }))
}
