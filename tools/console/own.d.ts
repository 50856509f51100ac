// What the page has beside what TypeScript's library says of a browser.

declare global {
  /** Every element of a page is one of HTML or SVG: it can be focused and carries data. */
  interface Element extends HTMLOrSVGElement {
    /** What a row shows (dom.js, rows()). */
    signature?: string;
    /** Whether the tooltip is the English of a translation (dom.js, setText()). */
    sourced?: boolean;
    /** querySelector() gives a field where the page asks it for one. */
    value?: any;
    defaultValue?: any;
    checked?: any;
    readOnly?: any;
  }

  /** The fields of a form by their names. */
  interface HTMLFormControlsCollection {
    [name: string]: any;
  }
}

export {};
