/**
 * Mode of a new file that holds numbers, texts, or what was found about somebody: only its owner reads it. A file that is
 * there keeps the mode that it has.
 */
export const OWNER_ONLY = 0o600
