import * as z from 'zod';

/** To be imported before any schema is made. Zod would write a program for each schema when it is first used: the page forbids
 *  that, and to start the process takes longer with it, which then hardly ever uses a schema again. */
z.config({ jitless: true });
