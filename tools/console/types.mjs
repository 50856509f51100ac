// Checks the types of the console's modules with TypeScript: plain JavaScript with JSDoc, nothing is
// emitted. Run by make lint: node tools/console/types.mjs TYPESCRIPT [FILE...]; without files, all
// modules. Prints what is wrong and ends with 1 where anything is.

import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const ts = createRequire(import.meta.url)(path.resolve(process.argv[2]));
const modules = path.resolve(here, "../../src/wideberth/faces/web/static/js");
const own = path.join(here, "own.d.ts"); // types of what the page keeps beside the browser's own
const map = path.join(here, "maplibre.d.ts"); // the library of the map comes minified, without types

/** Modules that are not held to it yet: what is wrong in them is counted and no more. */
const NOT_YET = /\/(coordinates|draft|drawmap|due|edit|fields|foretold|heights|inbox|intentform|liveask|longlist|map|mapstyle|marks|moment|ownintents|past|pasting|picture|positions|positionswork|profile|sending|shape|tasks|tell|touches|tracklayer|waiting|write)\.js$/;

/** @type {import("typescript").CompilerOptions} */
const options = {
  allowJs: true, checkJs: true, noEmit: true, target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ES2022,
  moduleResolution: ts.ModuleResolutionKind.Bundler, lib: ["lib.es2024.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
  types: [], skipLibCheck: true, strict: false, strictBindCallApply: true, noImplicitThis: true, useUnknownInCatchVariables: false,
  noFallthroughCasesInSwitch: true,
};
const host = ts.createCompilerHost(options);
host.resolveModuleNameLiterals = (literals, from) => literals.map(({ text }) => {
  if (text.includes("/vendor/")) return { resolvedModule: { resolvedFileName: map, extension: ".d.ts" } };
  return ts.resolveModuleName(text, from, options, host);
});

const given = process.argv.slice(3); // other files than those of the console: for the test of this program
const files = given.length ? given.map((each) => path.resolve(each)) : host.readDirectory(modules, [".js"], [], ["*.js"]);
const program = ts.createProgram([...files, own], options, host);
const all = ts.getPreEmitDiagnostics(program);
const wrong = all.filter(({ file }) => !NOT_YET.test(file?.fileName ?? ""));
process.stdout.write(ts.formatDiagnostics(wrong, { getCanonicalFileName: (name) => name, getCurrentDirectory: () => process.cwd(), getNewLine: () => "\n" }));
const later = files.filter((each) => NOT_YET.test(each)).map((each) => path.basename(each, ".js"));
console.log(`${wrong.length} errors in ${files.length - later.length} modules${later.length ? `; not held to it yet, with ${all.length - wrong.length}: ${later.join(", ")}` : ""}`);
process.exitCode = wrong.length ? 1 : 0;
