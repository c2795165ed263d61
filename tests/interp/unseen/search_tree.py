# SPDX-License-Identifier: MIT
# A binary search tree: insertion, search, deletion, traversals, height.


class Node:
    def __init__(self, key, value):
        self.key = key
        self.value = value
        self.left = None
        self.right = None


class Tree:
    def __init__(self):
        self.root = None
        self.size = 0

    def __setitem__(self, key, value):
        if self.root is None:
            self.root = Node(key, value)
            self.size += 1
            return
        node = self.root
        while True:
            if key == node.key:
                node.value = value
                return
            if key < node.key:
                if node.left is None:
                    node.left = Node(key, value)
                    break
                node = node.left
            else:
                if node.right is None:
                    node.right = Node(key, value)
                    break
                node = node.right
        self.size += 1

    def find(self, key):
        node = self.root
        while node is not None and node.key != key:
            node = node.left if key < node.key else node.right
        return node

    def __contains__(self, key):
        return self.find(key) is not None

    def __getitem__(self, key):
        node = self.find(key)
        if node is None:
            raise KeyError(key)
        return node.value

    def __len__(self):
        return self.size

    def remove(self, key):
        self.root = self._remove(self.root, key)
        self.size -= 1

    def _remove(self, node, key):
        if node is None:
            raise KeyError(key)
        if key < node.key:
            node.left = self._remove(node.left, key)
        elif key > node.key:
            node.right = self._remove(node.right, key)
        elif node.left is None:
            return node.right
        elif node.right is None:
            return node.left
        else:
            smallest = node.right
            while smallest.left is not None:
                smallest = smallest.left
            node.key, node.value = smallest.key, smallest.value
            node.right = self._remove(node.right, smallest.key)
        return node

    def height(self):
        return self._height(self.root)

    def _height(self, node):
        return 0 if node is None else 1 + max(self._height(node.left), self._height(node.right))

    def keys(self):
        found = []
        stack = []
        node = self.root
        while stack or node:
            if node:
                stack.append(node)
                node = node.left
            else:
                node = stack.pop()
                found.append(node.key)
                node = node.right
        return found


def bench(n):
    tree = Tree()
    key = 1
    for i in range(n * 20 + 3):
        key = key * 37 % 1009
        tree[key] = i
    before = len(tree)
    height = tree.height()
    keys = tree.keys()
    assert keys == sorted(keys)
    for key in keys[::3]:
        tree.remove(key)
    errors = 0
    for key in (keys[0], -1):
        try:
            tree.remove(key)
        except KeyError:
            errors += 1
    rest = tree.keys()
    total = 0
    for key in rest:
        total += tree[key]
    return before, height, len(tree), tree.height(), rest[:5], errors, total, keys[1] in tree
