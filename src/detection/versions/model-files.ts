/** What a model folder consists of. */
export const MODEL_FILES = ['model.json', 'weights.bin', 'card.json'] as const
