/** Says when an amount has grown by more than `slack` since it was least: what lies below that is in use. */
export class Growth {
  #least = 0

  constructor(readonly slack: number) {}

  note(amount: number): void {
    this.#least = Math.min(this.#least, amount)
  }

  isMuch(amount: number): boolean {
    return amount > this.#least + this.slack
  }

  /** All that could be done about it has been done. */
  restart(amount: number): void {
    this.#least = amount
  }
}
