/** A piece of code; `scope` is highlight.js's name of what it is, e.g. `keyword`. */
export type Token = string | { readonly scope: string; readonly tokens: readonly Token[] }

/** Collects what highlight.js finds as a tree: as HTML it would have to be parsed again. */
export class Tokens {
  readonly tokens: Token[] = []
  private readonly open: Token[][] = [this.tokens]

  addText(text: string): void {
    if (text !== '') this.open.at(-1)!.push(text)
  }

  startScope(scope: string): void {
    const tokens: Token[] = []
    this.open.at(-1)!.push({ scope, tokens })
    this.open.push(tokens)
  }

  endScope(): void {
    this.open.pop()
  }

  /** Not in the library's types, but what it calls. */
  openNode(scope: string): void {
    this.startScope(scope)
  }

  closeNode(): void {
    this.endScope()
  }

  __addSublanguage(other: Tokens): void {
    this.open.at(-1)!.push({ scope: 'language', tokens: other.tokens })
  }

  finalize(): void {
    this.open.length = 1
  }

  toHTML(): string {
    return ''
  }
}
