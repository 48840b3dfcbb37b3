import * as z from 'zod';

/** Imported before any schema is made: the page forbids code that is made of text, which zod would try. */
z.config({ jitless: true });
