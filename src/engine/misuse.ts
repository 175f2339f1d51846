/** The definition breaks the rules of its form, whatever the rows: none of them is narrowed to. */
export class Misuse extends TypeError {}
