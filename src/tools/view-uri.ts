/** The page with which a host shows the results of both tools. */
export const VIEW_URI = 'ui://kling-tasks/view.html';
