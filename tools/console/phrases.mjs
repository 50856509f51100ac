// What the console says: every phrase that passes through words.js, and every text that a person would
// read and that does not. node tools/console/phrases.mjs TYPESCRIPT FILE... prints both as JSON:
//
//   {"phrases": [{"file", "line", "key", "one"}], "unspoken": [{"file", "line", "text"}]}
//
// It goes by the place of a string in the source: a child of h(), an aria-label, a label of a field are
// read, whatever they say; elsewhere a string is held to be read when it looks like prose.

import { createRequire } from "node:module";
import fs from "node:fs";
import path from "node:path";

const ts = createRequire(import.meta.url)(path.resolve(process.argv[2]));
const { SyntaxKind: K } = ts;

const SPOKEN = new Set(["t", "tn", "phrase", "key"]); // of words.js
const READ_MEMBERS = new Set(["aria-label", "title", "placeholder", "alt", "text", "label", "why", "detail"]);
const UNREAD_MEMBERS = /^(class|for|href|type|name|id|role|lang|dir|rel|src|target|method|headers|Accept|Content.*|d|viewBox|style|autocomplete|autocapitalize|inputmode|spellcheck|data-.*|aria-(?!label).*|kind|path|scope|rows|tag|key)$/;
// Of a call, which arguments a person reads.
const READ_ARGUMENTS = {
  setText: [1], toast: [0], announce: [1], field: [1], Wrong: [1], wrong: [1], needed: [1], wordsOf: [1], rows: [2], button: [0],
  partiesField: [0], thingsField: [0], audienceField: [0], line: [1], group: [0], step: [0], note: [1], fail: [1], Part: [1, 2], smallForm: [0, 1],
};
// Calls whose strings are names, addresses or patterns.
const UNREAD_CALLS = new Set([
  "querySelector", "querySelectorAll", "closest", "matches", "addEventListener", "removeEventListener", "at", "getElementById", "createElement",
  "setAttribute", "getAttribute", "removeAttribute", "hasAttribute", "namedItem", "get", "post", "all", "split", "join", "replace", "replaceAll", "startsWith",
  "endsWith", "includes", "has", "test", "encode", "warn", "dispatch", "getContext", "localeCompare", "toLocaleString", "importKey", "generateKey",
  "deriveBits", "deriveKey", "getItem", "setItem", "removeItem", "bdi",
]);

const parts = (node) => (ts.isTemplateExpression(node) ? [node.head.text, ...node.templateSpans.map((span) => span.literal.text)] : [node.text]);
const isText = (node) => ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);
const hasWord = (text) => /[A-Za-z]{2,}/.test(text.replace(/\b(UTC|WGS84|px|em|rem|ft|nm|km|min|kt|ms|id|v\d*)\b/g, ""));
const isProse = (text) => /[A-Za-z][a-z'’]+[,.:;!?]? [A-Za-z“{]/.test(text) || /^[A-Z][a-z]{2,}[.:]?$/.test(text.trim()) || (/[a-z]{2,}[:,.;] ?$/.test(text) && /^[ A-Z(]/.test(text));
const named = (call) => call.expression.getText().split(".").at(-1).replace("#", "");

/** Whether a person reads what stands there: true, false, or null where the place says nothing. */
function isReadThere(node) {
  let [inner, outer] = [node, node.parent];
  const up = () => { [inner, outer] = [outer, outer.parent]; };
  for (;;) {
    const operator = ts.isBinaryExpression(outer) ? outer.operatorToken.kind : null;
    if (ts.isConditionalExpression(outer) && outer.condition !== inner) up();
    else if ([K.BarBarToken, K.QuestionQuestionToken, K.PlusToken].includes(operator)) up();
    else if (operator === K.AmpersandAmpersandToken && outer.right === inner) up();
    else if (ts.isParenthesizedExpression(outer) || ts.isArrayLiteralExpression(outer) || ts.isSpreadElement(outer) || ts.isTemplateSpan(outer) || ts.isTemplateExpression(outer)) up();
    else if (ts.isArrowFunction(outer) && outer.body === inner && ts.isCallExpression(outer.parent) && /\.(map|flatMap)$/.test(outer.parent.expression.getText())) {
      up(); up();
      if (ts.isPropertyAccessExpression(outer) && outer.name.text === "join") { up(); up(); }
    } else break;
  }
  if (ts.isCallExpression(outer) || ts.isNewExpression(outer)) {
    const at = (outer.arguments ?? []).indexOf(inner);
    if (outer.expression.getText() === "h") return at >= 2;
    if (named(outer) === "plain" && at === 0) return isReadThere(outer);
    return READ_ARGUMENTS[named(outer)]?.includes(at) ? true : null;
  }
  if (!ts.isPropertyAssignment(outer) || outer.initializer !== inner) return null;
  const name = ts.isStringLiteral(outer.name) ? outer.name.text : outer.name.getText();
  return READ_MEMBERS.has(name) ? true : UNREAD_MEMBERS.test(name) ? false : null;
}

/** Whether what stands there is a name, an address or a pattern for certain. */
function isUnread(node) {
  const { parent } = node;
  if (ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent) || ts.isElementAccessExpression(parent) || ts.isCaseClause(parent)) return true;
  if (ts.isPropertyAssignment(parent) && parent.name === node) return true;
  if (ts.isBinaryExpression(parent) && [K.EqualsEqualsEqualsToken, K.ExclamationEqualsEqualsToken].includes(parent.operatorToken.kind)) return true;
  if (ts.isNewExpression(parent)) return /^(Error|TypeError)$/.test(parent.expression.getText()); // of a program, not of a person
  if (!ts.isCallExpression(parent)) return false;
  if (parent.expression.kind === K.ImportKeyword || SPOKEN.has(parent.expression.getText()) || UNREAD_CALLS.has(named(parent))) return true;
  return parent.expression.getText() === "h" && parent.arguments.indexOf(node) < 2;
}

/** Whether it stands in a table beside prose. */
function isBesideProse(node) {
  const { parent } = node;
  const prose = (each) => each && isText(each) && isProse(parts(each).join("{x}"));
  if (ts.isPropertyAssignment(parent)) return ts.isVariableDeclaration(parent.parent.parent) && parent.parent.properties.some((each) => ts.isPropertyAssignment(each) && prose(each.initializer));
  if (!ts.isArrayLiteralExpression(parent) || parent.elements.length !== 2 || parent.elements[1] !== node || !ts.isArrayLiteralExpression(parent.parent)) return false;
  return parent.parent.elements.some((each) => ts.isArrayLiteralExpression(each) && prose(each.elements[1]));
}

const phrases = [];
const unspoken = [];
for (const file of process.argv.slice(3)) {
  const source = ts.createSourceFile(file, fs.readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true, ts.ScriptKind.JS);
  const lineOf = (node) => source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
  const visit = (node) => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && SPOKEN.has(node.expression.text)) {
      const plural = node.expression.text === "tn";
      const [key, one] = plural ? [node.arguments[2], node.arguments[1]] : [node.arguments[0], null];
      if (key && ts.isStringLiteralLike(key)) phrases.push({ file: path.basename(file), line: lineOf(node), key: key.text, one: one?.text ?? null });
      else if (key && ts.isTemplateExpression(key)) unspoken.push({ file: path.basename(file), line: lineOf(node), text: `${node.expression.text}() of a template: ${key.getText()}` });
    }
    if (isText(node) && !isUnread(node) && hasWord(parts(node).join(" "))) {
      const there = isReadThere(node);
      if (there === true || (there === null && (isProse(parts(node).join("{x}")) || isBesideProse(node)))) {
        unspoken.push({ file: path.basename(file), line: lineOf(node), text: node.getText() });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
}
console.log(JSON.stringify({ phrases, unspoken }));
