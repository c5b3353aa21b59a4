/** placeholder while the rooms are built */
export {};
