/** The MCP Apps view of both tools. */
export const VIEW_URI = 'ui://kling-tasks/view.html';
