/**
 * Mode of new files that hold numbers, texts, or findings about people: readable by the owner only. Existing files keep their
 * mode.
 */
export const OWNER_ONLY = 0o600
