// What the modules of the console keep on nodes, beside what the browser has.
export {};
