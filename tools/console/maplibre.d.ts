// MapLibre GL as the console uses it: its package ships types for its own build only.
declare const maplibregl: any;
export = maplibregl;
