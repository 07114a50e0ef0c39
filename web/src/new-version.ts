import { ref } from 'vue'

/** The server has a newer client than this page; it goes on with its own files until it is loaded again. */
export const newVersion = ref(false)
